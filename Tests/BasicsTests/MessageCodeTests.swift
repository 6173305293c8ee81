import Basics
import Testing

@Suite("Message codes") struct MessageCodeTests {
  /// RFC 4231, sections 4.2 to 4.4, 4.7 and 4.8.
  static let vectors: [(key: [UInt8], message: [UInt8], code: String)] = [
    (
      [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      Array("Jefe".utf8), Array("what do ya want for nothing?".utf8), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
    ),
    (
      [UInt8](repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
  ]

  @Test("are those of RFC 4231", arguments: vectors) func codes(key: [UInt8], message: [UInt8], code: String) {
    #expect(MessageCode.code(of: message, key: key).hexadecimal == code)
  }

  /// RFC 4648, section 10.
  @Test(
    "and base64 are those of RFC 4648",
    arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")])
  func base64(text: String, encoded: String) {
    #expect(Base64.text(Array(text.utf8)) == encoded)
    #expect(Base64.bytes(encoded) == Array(text.utf8))
    #expect(Base64.bytes(encoded.filter { $0 != "=" }) == Array(text.utf8), "padding may be missing")
  }

  @Test("of base64 that is none are nothing", arguments: ["Z", "Zg=", "Z===", "Zm 9v", "Zm9v=", "-_-_", "Zg==Zg=="]) func noBase64(text: String) {
    #expect(Base64.bytes(text) == nil)
  }

  @Test("and base64 come back as they went, of any length") func roundTrip() {
    var random = SeededRandom(seed: 7)
    for length in 0..<70 {
      let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      #expect(Base64.bytes(Base64.text(bytes)) == bytes)
    }
  }
}
