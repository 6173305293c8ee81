import Basics
import CLua

/// What C calls while a script runs, and what the run gathers there: explanations, log lines, the last problem of the host.
///
/// A callback finds its arguments on a tape and leaves its answer there; it never throws into C and never enters Lua.
final class HostCall {
  let kind: ScriptKind
  let host: any ScriptHost
  let cancellation: Cancellation?
  let natives: [NativeFunction]
  /// The fields of `ctx` that are made when a script looks.
  private let rest: Interpreter.Rest?
  var state: OpaquePointer?
  private(set) var explain = JSONObject()
  /// The host's last problem and the text under which the script saw it, to keep path and hint if that ends the run.
  private(set) var raised: (text: String, problem: Problem)?
  private var hasBegun = false
  private var lines = 0
  private var page = DocumentPage()

  static let lineLimit = 1000
  static let lineBytes = 4096
  static let explainLimit = 64
  static let explainBytes = 4096

  init(
    kind: ScriptKind, host: any ScriptHost, cancellation: Cancellation?, natives: [NativeFunction] = [], rest: Interpreter.Rest? = nil
  ) {
    self.kind = kind
    self.host = host
    self.cancellation = cancellation
    self.natives = natives
    self.rest = rest
  }

  static let callbacks = clua_host(
    call: { context, id in
      guard let context else { return 1 }
      return Unmanaged<HostCall>.fromOpaque(context).takeUnretainedValue().answer(Int(id))
    },
    cancelled: { context in
      guard let context else { return false }
      return Unmanaged<HostCall>.fromOpaque(context).takeUnretainedValue().cancellation?.isCancelled ?? false
    })

  /// Lent to C for the time of a run, during which the caller keeps `self` alive.
  var pointer: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  private func answer(_ id: Int) -> Int32 {
    guard let state else { return 1 }
    if !hasBegun { begin(state) }
    var reader = TapeReader(clua_arguments(state))
    var reply = Tape()
    do throws(Problem) {
      let library = Library.functions
      if id == CLUA_REST {
        reply.append(try rest?() ?? JSONObject())
      } else if id < 0 {
        throw missing(&reader)
      } else if id < library.count, library[id].form == Int32(CLUA_EACH), try writePage(library[id], reader) {
        page.tape.bytes.lend { clua_reply(state, $0.data, $0.count) }
        return 0
      } else if id < library.count {
        reply.append(try answer(library[id], &reader))
      } else if id - library.count < natives.count {
        var arguments: [LuaValue] = []
        while !reader.isAtEnd { arguments.append(reader.luaValue()) }
        for value in try natives[id - library.count].body(arguments) { reply.append(value) }
      }
    } catch {
      let text = error.description
      raised = (text, error)
      var utf8 = text
      utf8.withUTF8 { clua_reply(state, $0.baseAddress, $0.count) }
      return 1
    }
    reply.bytes.lend { clua_reply(state, $0.data, $0.count) }
    return 0
  }

  private func begin(_ state: OpaquePointer) {
    hasBegun = true
    // The host looks at it in the middle of a call, and so while the state lives, on the state's own thread.
    nonisolated(unsafe) let running = state
    host.begin(Cancellation { [cancellation] in cancellation?.isCancelled ?? false || clua_is_over(running) })
  }

  /// A page of documents as the host has them; false when it has not.
  private func writePage(_ function: LibraryFunction, _ reader: TapeReader) throws(Problem) -> Bool {
    guard kind.rights.contains(function.right) else { return false }
    var reader = reader
    var arguments: [JSON] = []
    while !reader.isAtEnd { arguments.append(reader.json()) }
    page.begin()
    guard try host.write(arguments, to: &page) else { return false }
    page.end()
    return true
  }

  private func answer(_ function: LibraryFunction, _ reader: inout TapeReader) throws(Problem) -> JSON {
    if function.right != .none, !kind.rights.contains(function.right) {
      let able = function.kinds.map(\.rawValue)
      throw Problem(
        .forbidden, "\(function.spelling) needs the right '\(function.right.rawValue)', which a \(kind.rawValue) does not have",
        hint: able.count == 1 ? "Only a \(able[0]) script can do that." : "These can: \(able.joined(separator: ", ")).")
    }
    if function.form == Int32(CLUA_TEXT) {
      if case .bytes(let bytes) = reader.luaValue() { write(function.name, bytes) }
      return .null
    }
    var arguments: [JSON] = []
    while !reader.isAtEnd { arguments.append(reader.json()) }
    // An empty table says nothing of its form; where a list is meant, it is an empty list.
    for (index, parameter) in function.parameters.enumerated() where parameter.type == "table[]" && index < arguments.count {
      if arguments[index].object?.isEmpty == true { arguments[index] = .array([]) }
    }
    try check(arguments, of: function)
    switch function.name {
    case "ctx.explain":
      guard reader.count <= Self.explainBytes else {
        throw Problem(.tooLarge, "ctx:explain keeps values of at most \(Self.explainBytes) bytes")
      }
      guard explain.count < Self.explainLimit || explain[arguments[0].string ?? ""] != nil else {
        throw Problem(.tooLarge, "ctx:explain keeps at most \(Self.explainLimit) values")
      }
      explain[arguments[0].string ?? ""] = arguments[1]
      return .null
    case "time.parse":
      guard let text = arguments[0].string, let instant = Instant(text) else { return .null }
      return instant.milliseconds % 1000 == 0 ? .int(instant.seconds) : .double(Double(instant.milliseconds) / 1000)
    case "time.format" where arguments.count == 1:
      guard let seconds = arguments[0].double, abs(seconds) < 1e13 else { throw Problem(.invalid, "seconds: \(arguments[0].text) is not a time") }
      return .string(Instant(milliseconds: Int64((seconds * 1000).rounded())).description)
    case "documents.each": return try host.call("documents.page", arguments)
    default: return try host.call(function.name, arguments)
    }
  }

  /// That what must be there is there, and texts are texts: the host can then rely on both.
  private func check(_ arguments: [JSON], of function: LibraryFunction) throws(Problem) {
    // Functions stay in Lua: what crosses instead is said by the form.
    for (index, parameter) in function.parameters.enumerated() where !parameter.isOptional && !parameter.type.hasPrefix("fun(") {
      let value = index < arguments.count ? arguments[index] : .null
      let fits =
        switch parameter.type {
        case "string": value.string != nil
        case "number": value.double != nil
        case "table", "table[]": value.object != nil || value.array != nil || (function.name == "documents.each" && value.string != nil)
        default: index < arguments.count
        }
      if fits { continue }
      let call = "\(function.spelling)(\(function.parameters.map { $0.isOptional ? "[\($0.name)]" : $0.name }.joined(separator: ", ")))"
      let hint = function.takesContext || !function.isMethod ? "It is called as \(call)." : nil
      throw Problem(.invalid, "\(parameter.name): \(index < arguments.count ? value.text : "nothing") is not a \(parameter.type)", hint: hint)
    }
  }

  /// The problem for a name that a library table does not have.
  private func missing(_ reader: inout TapeReader) -> Problem {
    guard case .bytes(let path) = reader.luaValue(), case .bytes(let member) = reader.luaValue() else {
      return Problem(.notFound, "library tables are indexed by name")
    }
    let table = String(decoding: path, as: UTF8.self)
    let name = String(decoding: member.prefix(64), as: UTF8.self)
    let prefix = table + "."
    let paths = Library.functions.map(\.path) + natives.map(\.path)
    let members = Set(paths.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count).prefix { $0 != "." }) }).sorted()
    let near = Suggestion.nearest(to: name, in: members)
    return Problem(
      .notFound, "\(table) has no member '\(name)'", hint: near == nil ? "It has: \(members.joined(separator: ", "))." : nil, didYouMean: near,
      details: ["available": .array(members.map(JSON.string))])
  }

  private func write(_ name: String, _ bytes: [UInt8]) {
    lines += 1
    if kind != .batch, lines >= Self.lineLimit {
      if lines == Self.lineLimit { host.write(log: "warn", "further lines of this run are left out: \(Self.lineLimit) is the limit") }
      return
    }
    let level = name == "print" ? "print" : name == "ctx.log" ? "info" : String(name.dropFirst("log.".count))
    let text = String(decoding: bytes.prefix(kind == .batch ? bytes.count : Self.lineBytes), as: UTF8.self)
    host.write(log: level, Self.visible(text))
  }

  /// Control characters would reach somebody's terminal; they are shown instead of obeyed.
  static func visible(_ text: String) -> String {
    func isControl(_ scalar: Unicode.Scalar) -> Bool {
      scalar.value < 0x20 && scalar != "\n" && scalar != "\t" || (0x7f..<0xa0).contains(scalar.value)
    }
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if isControl(scalar) {
        result.append(contentsOf: "\\x\(scalar.value < 16 ? "0" : "")\(String(scalar.value, radix: 16))".unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}

extension JSON {
  /// The value in an error message: scalars as they are written, others by their kind.
  fileprivate var text: String {
    switch self {
    case .null: "nil"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value): "'\(value.prefix(60))'"
    case .array, .object: "a table"
    }
  }
}
