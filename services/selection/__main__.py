from services.selection.main import main

main()
