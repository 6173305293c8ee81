/// What a client calls its request, in `X-Request-ID`.
enum RequestName {
  /// The name, if it can go into a header and a log line as it is: up to 128 letters, digits and `-._:/+=@`.
  static func given(_ text: String?) -> String? {
    guard let text, (1...128).contains(text.utf8.count), text.utf8.allSatisfy(isPlain) else { return nil }
    return text
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "-._:/+=@".utf8.contains(byte)
    }
  }
}
