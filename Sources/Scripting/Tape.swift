import Basics
import CLua

/// The flat form in which values cross between Swift and Lua; `clua.h` describes it. Writing one takes no call into C.
struct Tape {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ value: JSON) {
    switch value {
    case .null: tag(CLUA_NULL)
    case .bool(let truth): tag(truth ? CLUA_TRUE : CLUA_FALSE)
    case .int(let number):
      tag(CLUA_INTEGER)
      raw(number)
    case .double(let number):
      tag(CLUA_NUMBER)
      raw(number)
    case .string(let text):
      tag(CLUA_STRING)
      append(text: text)
    case .array(let elements):
      tag(CLUA_ARRAY)
      raw(UInt32(elements.count))
      for element in elements { append(element) }
    case .object(let object): append(object)
    }
  }

  mutating func append(_ object: JSONObject) {
    tag(CLUA_OBJECT)
    raw(UInt32(object.count))
    for member in object.members {
      append(text: member.key)
      append(member.value)
    }
  }

  /// A document that is read where a script looks.
  mutating func append(document write: (inout [UInt8]) -> Void) {
    tag(CLUA_DOCUMENT)
    let place = bytes.count
    raw(UInt32(0))
    write(&bytes)
    // Only now is it known how long it is.
    let length = UInt32(bytes.count - place - MemoryLayout<UInt32>.size)
    bytes.withUnsafeMutableBytes { $0.storeBytes(of: length, toByteOffset: place, as: UInt32.self) }
  }

  /// A page of them is `{documents, cursor}`; how many there are is known at its end. Gives the place of that number.
  mutating func beginPage() -> Int {
    tag(CLUA_OBJECT)
    raw(UInt32(2))
    append(text: "documents")
    tag(CLUA_ARRAY)
    raw(UInt32(0))
    return bytes.count - MemoryLayout<UInt32>.size
  }

  mutating func endPage(countPlace: Int, count: Int, cursor: JSON) {
    bytes.withUnsafeMutableBytes { $0.storeBytes(of: UInt32(count), toByteOffset: countPlace, as: UInt32.self) }
    append(text: "cursor")
    append(cursor)
  }

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  mutating func append(_ value: LuaValue) {
    switch value {
    case .none: tag(CLUA_NIL)
    case .bool(let truth): append(.bool(truth) as JSON)
    case .int(let number): append(.int(number) as JSON)
    case .double(let number): append(.double(number) as JSON)
    case .bytes(let data):
      tag(CLUA_STRING)
      raw(UInt32(data.count))
      bytes.append(contentsOf: data)
    }
  }

  private mutating func tag(_ value: Int) { bytes.append(UInt8(truncatingIfNeeded: value)) }
  private mutating func raw(_ value: some BitwiseCopyable) { withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) } }

  private mutating func append(text: String) {
    var text = text
    text.withUTF8 { utf8 in
      raw(UInt32(utf8.count))
      bytes.append(contentsOf: utf8)
    }
  }
}

/// Reads values from a tape that Lua's side wrote. That side checks what it writes, UTF-8 included, so nothing here can fail but
/// by our own mistake; then it reads null.
struct TapeReader {
  private let bytes: UnsafeRawBufferPointer
  private var at = 0

  init(_ tape: clua_bytes) { bytes = UnsafeRawBufferPointer(start: tape.data, count: tape.count) }

  var isAtEnd: Bool { at >= bytes.count }
  var count: Int { bytes.count }

  mutating func json() -> JSON {
    switch Int(load(UInt8.self)) {
    case CLUA_FALSE: return .bool(false)
    case CLUA_TRUE: return .bool(true)
    case CLUA_INTEGER: return .int(load(Int64.self))
    case CLUA_NUMBER: return .double(load(Double.self))
    case CLUA_STRING: return .string(text())
    case CLUA_ARRAY:
      let count = Int(load(UInt32.self))
      return .array((0..<count).map { _ in json() })
    case CLUA_OBJECT:
      let count = Int(load(UInt32.self))
      return .object(JSONObject(members: (0..<count).map { _ in .init(key: text(), value: json()) }))
    default: return .null
    }
  }

  mutating func luaValue() -> LuaValue {
    guard at < bytes.count else { return .none }
    if Int(bytes[at]) == CLUA_STRING {
      at += 1
      return .bytes(Array(span()))
    }
    switch json() {
    case .bool(let truth): return .bool(truth)
    case .int(let number): return .int(number)
    case .double(let number): return .double(number)
    default: return .none
    }
  }

  private mutating func load<T: BitwiseCopyable & ExpressibleByIntegerLiteral>(_: T.Type) -> T {
    guard bytes.count - at >= MemoryLayout<T>.size else {
      at = bytes.count
      return 0
    }
    defer { at += MemoryLayout<T>.size }
    return bytes.loadUnaligned(fromByteOffset: at, as: T.self)
  }

  private mutating func span() -> UnsafeRawBufferPointer.SubSequence {
    let end = min(bytes.count, at + Int(load(UInt32.self)) + MemoryLayout<UInt32>.size)
    defer { at = end }
    return bytes[at..<max(at, end)]
  }

  private mutating func text() -> String { String(decoding: span(), as: UTF8.self) }
}

extension clua_bytes {
  /// The bytes as text; what is not UTF-8 is replaced.
  var text: String { String(decoding: UnsafeRawBufferPointer(start: data, count: count), as: UTF8.self) }
}
