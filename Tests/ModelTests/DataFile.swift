import Basics
import Glibc
import Testing

/// A file beside the tests.
enum DataFile {
  static func json(_ name: String) throws -> JSON {
    let folder = "\(#filePath)".split(separator: "/").dropLast().joined(separator: "/")
    let file = try #require(fopen("/\(folder)/Data/\(name)", "r"))
    defer { fclose(file) }
    var (bytes, part): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 65536))
    while case let count = fread(&part, 1, part.count, file), count > 0 { bytes += part[..<count] }
    return try JSON(parsing: bytes)
  }
}
