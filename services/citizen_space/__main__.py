from services.citizen_space.main import main

main()
