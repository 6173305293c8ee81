import Glibc

/// What `errno` means for a file that a person named.
package func fileProblem(_ path: String, _ doing: String, _ code: Int32) -> Problem {
  switch code {
  case ENOENT where doing == "write":
    Problem(.notFound, "there is no folder for '\(path)'", hint: "Make it first, or check the path; it is looked for from the current folder")
  case ENOENT: Problem(.notFound, "there is no file '\(path)'", hint: "Check the path; it is looked for from the current folder")
  case EACCES, EPERM: Problem(.unauthorized, "you may not \(doing) '\(path)'", hint: "Check its permissions with 'ls -l'")
  case EISDIR: Problem(.invalid, "'\(path)' is a folder", hint: "Give a file")
  case ENOSPC: Problem(.unavailable, "no space is left to write '\(path)'", hint: "Free some, or choose another disk")
  default: Problem(.unavailable, "cannot \(doing) '\(path)': \(String(cString: strerror(code)))")
  }
}
