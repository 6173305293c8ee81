/// A message authentication code: HMAC with SHA-256 (RFC 2104, FIPS 198-1), by which a receiver knows who wrote a message.
package enum MessageCode {
  /// 32 bytes.
  package static func code(of message: some Sequence<UInt8>, key: some Sequence<UInt8>) -> [UInt8] {
    var block = Array(key)
    if block.count > 64 { block = SHA256.hash(block) }
    block += [UInt8](repeating: 0, count: 64 - block.count)
    let inner = SHA256.hash(block.map { $0 ^ 0x36 } + message)
    return SHA256.hash(block.map { $0 ^ 0x5c } + inner)
  }
}

extension [UInt8] {
  /// Two lower-case hexadecimal digits for each byte.
  package var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
