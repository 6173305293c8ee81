import CLua
import Glibc

/// The list of functions in the form that C reads, with texts that live as long as it does.
final class FunctionTable: @unchecked Sendable {
  // @unchecked: written once, when it is made.
  let functions: UnsafeMutableBufferPointer<clua_function>

  /// The library alone. Making the texts of its functions takes longer than opening a state, so that is done once.
  private static let library = FunctionTable(natives: [], modules: true)

  static func with(natives: [NativeFunction], modules: Bool) -> FunctionTable {
    natives.isEmpty && modules ? library : FunctionTable(natives: natives, modules: modules)
  }

  /// The library, and then the natives, numbered from where the library ends.
  private init(natives: [NativeFunction], modules: Bool) {
    let all = Library.functions.map { ($0.path, $0.form) } + natives.map { ($0.path, Int32(CLUA_RAW)) }
    let entries = all.enumerated().filter { modules || ![Int32(CLUA_REQUIRE), Int32(CLUA_TEST)].contains($0.element.1) }
    functions = .allocate(capacity: entries.count)
    for (place, entry) in entries.enumerated() {
      functions.initializeElement(
        at: place, to: clua_function(path: strdup(entry.element.0), id: Int32(entry.offset), form: entry.element.1))
    }
  }

  deinit {
    for function in functions { free(UnsafeMutablePointer(mutating: function.path)) }
    functions.deallocate()
  }
}

extension Array where Element == UInt8 {
  /// Lends the bytes to C for the time of a call.
  func lend<Result>(_ body: (clua_bytes) -> Result) -> Result {
    withUnsafeBufferPointer { body(clua_bytes(data: $0.baseAddress, count: $0.count)) }
  }
}

extension Script {
  /// What names the script in Lua's messages. Lua cuts names at 60 bytes, so it is cut here, where the messages are read.
  var chunkName: String { String(decoding: name.utf8.prefix(48), as: UTF8.self) }

  func withRequest<Result>(_ request: clua_request, entry: String? = nil, _ body: (inout clua_request) -> Result) -> Result {
    var request = request
    return Array(chunkName.utf8).lend { name in
      request.name = name
      var source = source
      return source.withUTF8 { text in
        // A source that is not UTF-8 comes as bytes, set by the caller.
        if request.source.data == nil { request.source = clua_bytes(data: text.baseAddress, count: text.count) }
        guard let entry else { return body(&request) }
        return entry.withCString { entry in
          request.entry = entry
          return body(&request)
        }
      }
    }
  }
}
