/// The header fields of a message, in the order they came; names are compared without regard to case.
///
/// All fields lie in one buffer, and become strings only when somebody asks: a request has ten of which one is looked at.
package struct Headers: Sendable {
  private struct Field: Sendable {
    var start: Int32
    var nameEnd: Int32
    var end: Int32
  }

  private var bytes: [UInt8] = []
  private var fields: [Field] = []

  package init() {}

  package var count: Int { fields.count }

  /// The value of the first field of that name.
  package subscript(name: String) -> String? { firstIndex(of: name).map(value) }

  /// The values of all fields of that name.
  package func all(_ name: String) -> [String] {
    fields.indices.filter { matches($0, name) }.map(value)
  }

  package func contains(_ name: String) -> Bool { firstIndex(of: name) != nil }

  /// Name and value of every field.
  package var pairs: [(name: String, value: String)] { fields.indices.map { (name($0), value($0)) } }

  /// Adds a field. Control characters, which could end the field and begin another one, become spaces.
  package mutating func append(_ name: String, _ value: String) {
    let start = bytes.count
    bytes.append(contentsOf: name.utf8)
    let nameEnd = bytes.count
    bytes.append(contentsOf: value.utf8)
    for i in start..<bytes.count where bytes[i] < 0x20 || bytes[i] == 0x7F { bytes[i] = 0x20 }
    fields.append(Field(start: Int32(start), nameEnd: Int32(nameEnd), end: Int32(bytes.count)))
  }

  /// Replaces all fields of that name by one.
  package mutating func set(_ name: String, _ value: String) {
    if contains(name) { remove(name) }
    append(name, value)
  }

  package mutating func remove(_ name: String) {
    fields = fields.filter { !matches($0, name) }
  }
}

extension Headers: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { append(name, value) }
  }
}

extension Headers: Equatable {
  package static func == (a: Headers, b: Headers) -> Bool {
    a.count == b.count && zip(a.pairs, b.pairs).allSatisfy { $0.name == $1.name && $0.value == $1.value }
  }
}

// MARK: - For the parser and the serializer: bytes, no strings

extension Headers {
  mutating func reserve(fields count: Int, bytes size: Int) {
    fields.reserveCapacity(count)
    bytes.reserveCapacity(size)
  }

  /// Adds a field whose bytes the parser has checked.
  mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    let start = bytes.count
    bytes.append(contentsOf: name)
    bytes.append(contentsOf: value)
    fields.append(Field(start: Int32(start), nameEnd: Int32(start + name.count), end: Int32(bytes.count)))
  }

  /// Appends `Name: value` and a line end for each field.
  func write(to output: inout [UInt8]) {
    for field in fields {
      output.append(contentsOf: bytes[Int(field.start)..<Int(field.nameEnd)])
      output.append(UInt8(ascii: ":"))
      output.append(UInt8(ascii: " "))
      output.append(contentsOf: bytes[Int(field.nameEnd)..<Int(field.end)])
      output.append(UInt8(ascii: "\r"))
      output.append(UInt8(ascii: "\n"))
    }
  }

  func valueBytes(_ index: Int) -> ArraySlice<UInt8> { bytes[Int(fields[index].nameEnd)..<Int(fields[index].end)] }

  /// The only field of that name, none, or the count of too many.
  func sole(_ name: String) -> (index: Int?, count: Int) {
    var found: Int?
    var count = 0
    for i in fields.indices where matches(i, name) {
      found = i
      count += 1
    }
    return (found, count)
  }

  /// Whether a comma-separated list such as `Connection` has the token, in any of its fields.
  func has(_ token: String, in name: String) -> Bool {
    fields.indices.contains { i in
      matches(i, name)
        && valueBytes(i).split(separator: UInt8(ascii: ",")).contains { part in
          part.trimmed.equalsIgnoringCase(token)
        }
    }
  }

  private func firstIndex(of name: String) -> Int? { fields.indices.first { matches($0, name) } }
  private func name(_ i: Int) -> String { String(decoding: bytes[Int(fields[i].start)..<Int(fields[i].nameEnd)], as: UTF8.self) }
  private func value(_ i: Int) -> String { String(decoding: valueBytes(i), as: UTF8.self) }
  private func matches(_ i: Int, _ name: String) -> Bool { matches(fields[i], name) }
  private func matches(_ field: Field, _ name: String) -> Bool {
    guard Int(field.nameEnd - field.start) == name.utf8.count else { return false }
    return bytes[Int(field.start)..<Int(field.nameEnd)].equalsIgnoringCase(name)
  }
}

extension ArraySlice<UInt8> {
  /// Without spaces and tabs at both ends.
  var trimmed: ArraySlice<UInt8> {
    var slice = self
    while let first = slice.first, first == 0x20 || first == 0x09 { slice.removeFirst() }
    while let last = slice.last, last == 0x20 || last == 0x09 { slice.removeLast() }
    return slice
  }

  func equalsIgnoringCase(_ text: String) -> Bool {
    guard count == text.utf8.count else { return false }
    for (a, b) in zip(self, text.utf8) where a.lowercasedASCII != b.lowercasedASCII { return false }
    return true
  }
}

extension UInt8 {
  var lowercasedASCII: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}
