import Basics
import Glibc
import Testing

@testable import perigee

@Suite("Files that are written") struct FileWriterTests {
  private let folder = TemporaryFolder()

  private func write(_ text: String, to path: String) throws(Problem) {
    var file = try FileWriter(path: path)
    try file.write(Array(text.utf8))
    try file.finish()
  }

  @Test("take their place when they are whole, and leave the old one until then")
  func whole() throws {
    let path = folder.write("a", "old")
    do {
      var file = try FileWriter(path: path)
      try file.write(Array("half".utf8))
    }
    #expect(String(decoding: folder.read("a"), as: UTF8.self) == "old" && access(path + ".part", F_OK) != 0)
    try write("new", to: path)
    #expect(String(decoding: folder.read("a"), as: UTF8.self) == "new" && access(path + ".part", F_OK) != 0)
  }

  @Test("go through a link to the file behind it")
  func link() throws {
    _ = folder.write("real", "old")
    symlink("real", folder.file("link"))
    try write("new", to: folder.file("link"))
    #expect(String(decoding: folder.read("real"), as: UTF8.self) == "new")
    var status = stat()
    #expect(lstat(folder.file("link"), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
  }

  /// `--output /dev/full`, given by root, once put a file in the place of the device.
  @Test("do not replace a pipe or a device")
  func pipe() throws {
    let path = folder.file("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    try write("through", to: path)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
    var buffer = [UInt8](repeating: 0, count: 16)
    #expect(read(reader, &buffer, 16) == 7 && buffer.prefix(7).elementsEqual("through".utf8))
  }

  @Test(
    "are not said to be written when standard output is full; a reader that goes away is no failure",
    arguments: [("> /dev/full", 6), ("| head -1 > /dev/null", 0)])
  func fullOutput(redirection: String, code: Int32) {
    let status = system("'\(Program.path)' next '* * * * *' -n 500 \(redirection) 2> '\(folder.file("talk"))'")
    #expect(status >> 8 & 0xFF == code)
    #expect(String(decoding: folder.read("talk"), as: UTF8.self).contains("No space left on device") == (code != 0))
  }
}
