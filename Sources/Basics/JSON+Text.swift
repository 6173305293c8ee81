/// JSON values as text, and number arrays as vectors. Reading is `JSON(parsing:)`.
extension JSON {
  /// Compact text in UTF-8. Numbers must be finite; see `JSONWriter`.
  package var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.value(self)
    return writer.bytes
  }

  /// Compact text. Numbers must be finite; see `JSONWriter`.
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Text for people: two spaces per level, one member per line; an array without arrays or objects inside stays on its line.
  package var pretty: String {
    var text = ""
    write(pretty: &text, indentation: "")
    return text
  }

  private func write(pretty text: inout String, indentation: String) {
    let inner = indentation + "  "
    switch self {
    case .array(let elements) where elements.contains(where: \.isContainer):
      text += "["
      for (i, element) in elements.enumerated() {
        text += (i > 0 ? ",\n" : "\n") + inner
        element.write(pretty: &text, indentation: inner)
      }
      text += "\n\(indentation)]"
    case .array(let elements):
      text += "[" + elements.map(\.text).joined(separator: ", ") + "]"
    case .object(let object) where !object.isEmpty:
      text += "{"
      for (i, member) in object.members.enumerated() {
        text += (i > 0 ? ",\n" : "\n") + inner + JSON.string(member.key).text + ": "
        member.value.write(pretty: &text, indentation: inner)
      }
      text += "\n\(indentation)}"
    default: text += self.text
    }
  }

  private var isContainer: Bool {
    switch self {
    case .array, .object: true
    default: false
    }
  }

  /// The elements of a number array as 32-bit floats, each rounded to the nearest; or those that a base64 text holds, little-endian, as NumPy's
  /// `astype("<f4").tobytes()` lays them out.
  ///
  /// Throws `.invalid` whose path is the index, `[3]`, of the first element that is no number, not finite, or too large for 32 bits.
  package func floats() throws(Problem) -> [Float] {
    if case .string(let text) = self { return try Self.floats(base64: text) }
    guard case .array(let elements) = self else {
      throw Problem(
        .invalid, "a vector is an array of numbers, and this is \(typeName)", hint: "Write it as [0.1, 0.2, 0.3], or as base64 of 32-bit floats.")
    }
    var values: [Float] = []
    values.reserveCapacity(elements.count)
    for (i, element) in elements.enumerated() {
      let value: Float
      switch element {
      case .double(let number): value = Float(number)
      case .int(let number): value = Float(number)
      default:
        throw Problem(
          .invalid, "element \(i) of the vector is \(element.isNull ? "null" : "of type \(element.typeName)")",
          hint: "Every element is a number, e.g. 0.25.", path: "[\(i)]")
      }
      guard value.isFinite else {
        let number = element.double ?? .nan
        throw Problem(
          .invalid, "element \(i) of the vector is \(number)\(number.isFinite ? ", too large for a 32-bit float" : "")",
          hint: "Elements lie between -3.4e38 and 3.4e38.", path: "[\(i)]")
      }
      values.append(value)
    }
    return values
  }

  private static func floats(base64 text: String) throws(Problem) -> [Float] {
    guard let bytes = Base64.bytes(text), bytes.count % 4 == 0 else {
      throw Problem(
        .invalid, "the vector is a string that is not base64 of 32-bit floats",
        hint: "Write it as [0.1, 0.2, 0.3], or as base64 of little-endian floats.")
    }
    let values = bytes.withUnsafeBytes { raw in stride(from: 0, to: raw.count, by: 4).map { raw.float(at: $0) } }
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      throw Problem(.invalid, "element \(place) of the vector is \(values[place])", hint: "Every element is a finite number.", path: "[\(place)]")
    }
    return values
  }

  /// Throws `.invalid` with the path of the first number that is NaN or infinite, which JSON text cannot say.
  package func checkFinite() throws(Problem) {
    switch self {
    case .double(let value) where !value.isFinite:
      throw Problem(.invalid, "the number is \(value), which JSON cannot say", hint: "Use a finite number, or null.")
    case .array(let elements):
      for (i, element) in elements.enumerated() {
        do throws(Problem) { try element.checkFinite() } catch { throw error.within("[\(i)]") }
      }
    case .object(let object):
      for member in object.members {
        do throws(Problem) { try member.value.checkFinite() } catch { throw error.within(member.key) }
      }
    default: break
    }
  }
}
