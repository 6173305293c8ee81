import Basics
import Engine
import Glibc
import Model

/// Scripts as files: `NAME.lua`, whose first comment lines say what it is, and `NAME_test.lua` with its tests.
///
///     -- kind: filter
///     -- description: What cannot wait
struct ScriptFolder {
  struct Entry {
    var path: String
    var name: String
    var kind: StoredScript.Kind
    var source: String
    var tests: (path: String, source: String)?
    var description: String?
    var events: [String] = []

    /// What `put_script` takes.
    func body(note: String?) -> JSON {
      var body: JSONObject = ["kind": .string(kind.rawValue), "source": .string(source)]
      if let tests { body["tests"] = .string(tests.source) }
      if let description { body["description"] = .string(description) }
      if kind == .hook { body["events"] = .array(events.map(JSON.string)) }
      if let note { body["note"] = .string(note) }
      return .object(body)
    }
  }

  private(set) var entries: [Entry] = []

  private static let testSuffix = "_test"
  private static let headerLines = 20

  /// Reads a folder, or one file with its tests beside it.
  init(_ path: String) throws(Problem) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw fileProblem(path, "read", errno) }
    if status.st_mode & S_IFMT == S_IFDIR {
      let names = try Self.list(path)
      try read(names.map { path + "/" + $0 })
      if entries.isEmpty {
        throw Problem(
          .notFound, "there is no script in '\(path)'", hint: "Scripts are files that end in .lua; 'perigee example' shows some", path: path)
      }
    } else {
      // A test stands for what it tests.
      let stem = Self.stem(path)
      let base = path.hasSuffix(Self.testSuffix + ".lua") ? String(path.dropLast(Self.testSuffix.count + 4)) + ".lua" : path
      let beside = String(base.dropLast(4)) + Self.testSuffix + ".lua"
      var paths = access(base, F_OK) == 0 ? [base] : []
      if base.hasSuffix(".lua"), access(beside, F_OK) == 0 { paths.append(beside) }
      if paths.isEmpty { throw fileProblem(stem, "read", ENOENT) }
      try read(paths)
    }
  }

  /// The Lua files of a folder, in the order of their names.
  static func list(_ path: String) throws(Problem) -> [String] {
    guard let directory = opendir(path) else { throw fileProblem(path, "read", errno) }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      // By address: copying the whole field would read beyond the entry, which is only as long as its name.
      let name = withUnsafePointer(to: &entry.pointee.d_name) { String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self)) }
      if name.hasSuffix(".lua"), !name.hasSuffix(".d.lua"), !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  private static func stem(_ path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return file.hasSuffix(".lua") ? String(file.dropLast(4)) : file
  }

  private mutating func read(_ paths: [String]) throws(Problem) {
    let stems = Set(paths.map(Self.stem))
    for path in paths {
      let name = Self.stem(path)
      if name.hasSuffix(Self.testSuffix), stems.contains(String(name.dropLast(Self.testSuffix.count))) { continue }
      var entry = try Self.entry(path, name)
      if stems.contains(name + Self.testSuffix) {
        let beside = String(path.dropLast(4)) + Self.testSuffix + ".lua"
        entry.tests = (beside, try Self.text(beside))
      }
      entries.append(entry)
    }
  }

  private static func text(_ path: String) throws(Problem) -> String {
    let bytes = try readFile(path, limit: ScriptReference.sizeLimit)
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Problem(.malformed, "this is not text in UTF-8", path: path) }
    return text
  }

  private static func entry(_ path: String, _ name: String) throws(Problem) -> Entry {
    let source = try text(path)
    var header: [String: String] = [:]
    for line in source.split(separator: "\n", omittingEmptySubsequences: false).prefix(headerLines) {
      guard line.hasPrefix("--") || line.hasPrefix("#!") else { break }
      let words = line.drop { $0 == "-" || $0 == " " }
      guard let colon = words.firstIndex(of: ":") else { continue }
      let key = words[..<colon].lowercased()
      if header[key] == nil { header[key] = words[words.index(after: colon)...].trimmed }
    }
    let kinds = StoredScript.Kind.allCases.map(\.rawValue)
    let word = header["kind"] ?? (name.hasSuffix(testSuffix) ? "test" : nil)
    guard let word else {
      throw Problem(
        .invalid, "it is not said what kind of script this is",
        hint: "Let it begin with a line like '-- kind: predicate'; one of: \(kinds.joined(separator: ", "))",
        path: path)
    }
    guard let kind = StoredScript.Kind(rawValue: word) else {
      throw Problem(
        .invalid, "there is no kind '\(word)' of scripts", hint: "One of: \(kinds.joined(separator: ", "))", path: path,
        didYouMean: Suggestion.nearest(to: word, in: kinds))
    }
    return Entry(
      path: path, name: try StoredScript.checkName(name, path: path), kind: kind, source: source, description: header["description"],
      events: (header["events"] ?? "").split(separator: ",").map(\.trimmed).filter { !$0.isEmpty })
  }

  /// As the scripts of a throw-away store.
  var texts: [ScriptText] { entries.map { ScriptText(name: $0.name, kind: $0.kind, source: $0.source) } }
}

extension Substring {
  fileprivate var trimmed: String {
    var text = self
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
