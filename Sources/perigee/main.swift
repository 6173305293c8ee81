import Basics
import Glibc

Interrupts.begin()
exit(Perigee.run(Array(CommandLine.arguments.dropFirst()), surroundings: .real).rawValue)
