internal import Basics

/// One cell on its way into the store or out of it.
package enum Value: Sendable, Equatable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])
  /// Kept as a blob of little-endian float32, bound from the array's own memory.
  case floats([Float])
}

extension Value {
  static func optional(_ text: String?) -> Value { text.map(Value.text) ?? .null }
  static func optional(_ number: Int64?) -> Value { number.map(Value.integer) ?? .null }
  static func optional(_ instant: Instant?) -> Value { instant.map { .integer($0.milliseconds) } ?? .null }
  static func optional(_ flag: Bool?) -> Value { flag.map(Value.flag) ?? .null }
  static func optional(_ object: JSONObject?) -> Value { object.map(Value.json) ?? .null }
  static func instant(_ instant: Instant) -> Value { .integer(instant.milliseconds) }
  static func flag(_ flag: Bool) -> Value { .integer(flag ? 1 : 0) }
  static func json(_ json: JSON) -> Value { .text(json.text) }
  static func json(_ object: JSONObject) -> Value { .text(JSON.object(object).text) }
  static func int32s(_ numbers: [Int32]) -> Value {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(numbers.count * 4)
    for number in numbers { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
    return .blob(bytes)
  }
  static func strings(_ strings: [String]) -> Value { .text(JSON.array(strings.map(JSON.string)).text) }
}
