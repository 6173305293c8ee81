import Basics
import Clustering
import Glibc

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

/// Whether a file could be written there, told before the work that it is for.
func checkWritable(_ path: String, option: String) throws(Problem) {
  let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  guard access(folder, W_OK) != 0 else { return }
  var problem = fileProblem(path, "write", errno)
  problem.path = option
  throw problem
}

/// The vectors of a file that an option or a word names; problems speak of the option `--dim`.
func readVectors(_ path: String, dimensions: Int?) throws(Problem) -> Matrix {
  if access(path, R_OK) != 0 { throw fileProblem(path, "read", errno) }
  do throws(Problem) { return try VectorFile.read(path, dimensions: dimensions) } catch {
    var problem = error
    // What is wrong inside the file is said with the file's name; only the option has one of its own.
    problem.path = problem.path == "dim" ? "--dim" : nil
    throw problem
  }
}

/// Two files of vectors that are to be compared with each other.
func readVectors(_ first: String, and second: String, dimensions: Int?) throws(Problem) -> (Matrix, Matrix) {
  let matrices = (try readVectors(first, dimensions: dimensions), try readVectors(second, dimensions: dimensions))
  guard matrices.0.columns == matrices.1.columns else {
    throw Problem(
      .invalid, "'\(first)' has \(matrices.0.columns) columns, '\(second)' \(matrices.1.columns)", hint: "Both must come from the same embedding")
  }
  return matrices
}
