from services.placement.main import main

main()
