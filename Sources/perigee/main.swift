import Basics
import Engine
import Glibc

Host.boundArenas()
Interrupts.begin()
exit(Perigee.run(Array(CommandLine.arguments.dropFirst()), surroundings: .real).rawValue)
