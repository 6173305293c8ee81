import Basics
import Clustering
import Glibc

/// What `errno` means for a file that a person named.
func fileProblem(_ path: String, _ doing: String, _ code: Int32) -> Problem {
  switch code {
  case ENOENT: Problem(.notFound, "there is no file '\(path)'", hint: "Check the path; it is looked for from the current folder")
  case EACCES, EPERM: Problem(.unauthorized, "you may not \(doing) '\(path)'", hint: "Check its permissions with 'ls -l'")
  case EISDIR: Problem(.invalid, "'\(path)' is a folder", hint: "Give a file")
  case ENOSPC: Problem(.unavailable, "no space is left to write '\(path)'", hint: "Free some, or choose another disk")
  default: Problem(.unavailable, "cannot \(doing) '\(path)': \(String(cString: strerror(code)))")
  }
}

/// A file's bytes, at most so many.
func readFile(_ path: String, limit: Int) throws(Problem) -> [UInt8] {
  let descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw fileProblem(path, "read", errno) }
  defer { if descriptor > 0 { close(descriptor) } }
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw fileProblem(path, "read", errno) }
    if count == 0 { return bytes }
    bytes += piece[..<count]
    if bytes.count > limit { throw Problem(.tooLarge, "'\(path)' has more than \(Format.bytes(Int64(limit)))") }
  }
}

/// The vectors of a file that an option or a word names; problems speak of the option `--dim`.
func readVectors(_ path: String, dimensions: Int?) throws(Problem) -> Matrix {
  if access(path, R_OK) != 0 { throw fileProblem(path, "read", errno) }
  do throws(Problem) { return try VectorFile.read(path, dimensions: dimensions) } catch {
    var problem = error
    if problem.path == "dim" { problem.path = "--dim" }
    throw problem
  }
}
