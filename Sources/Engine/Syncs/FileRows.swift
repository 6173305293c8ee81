import Basics

/// What a file holds, as the fields of objects: rows of structured files, or the whole text.
///
/// `.json` is an object or a list of objects, `.ndjson` and `.jsonl` have one in each line, `.csv` and `.tsv` have the names in their first line
/// (RFC 4180); everything else that is UTF-8 is a text. Lines are handed over as they come, so that a large file of rows takes little memory.
struct FileRows {
  enum Kind: Equatable { case json, lines, table(separator: UInt8), text }

  let kind: Kind
  private var pending: [UInt8] = []
  private var header: [String]?
  private var line = 0
  private var isInQuotes = false
  private var isFirst = true

  /// A line, and a file that is one object or text, have at most so many bytes.
  static let lineLimit = 1 << 20
  static let wholeLimit: Int64 = 16 << 20
  static let rowsLimit: Int64 = 4 << 30

  init(_ path: String) {
    let name = path.lowercased()
    kind =
      name.hasSuffix(".json")
      ? .json
      : name.hasSuffix(".ndjson") || name.hasSuffix(".jsonl")
        ? .lines
        : name.hasSuffix(".csv") ? .table(separator: UInt8(ascii: ",")) : name.hasSuffix(".tsv") ? .table(separator: UInt8(ascii: "\t")) : .text
  }

  var hasRows: Bool {
    switch kind {
    case .lines, .table: true
    case .json, .text: false
    }
  }
  var limit: Int64 { hasRows ? Self.rowsLimit : Self.wholeLimit }

  enum Content {
    /// One of several.
    case row(JSONObject)
    /// All that the file is.
    case whole(JSONObject)
    case text(String)
  }

  /// Takes a piece of the file in and hands over the rows that are complete with it.
  mutating func take(_ bytes: UnsafeRawBufferPointer, _ each: (Content) throws(Problem) -> Void) throws(Problem) {
    guard hasRows else {
      pending.append(contentsOf: bytes)
      return
    }
    for byte in bytes {
      if byte == UInt8(ascii: "\""), case .table = kind { isInQuotes.toggle() }
      guard byte == UInt8(ascii: "\n"), !isInQuotes else {
        pending.append(byte)
        guard pending.count <= Self.lineLimit else {
          throw Problem(.tooLarge, "line \(line + 1) has more than \(Self.lineLimit >> 20) MiB", details: ["line": .int(line + 1)])
        }
        continue
      }
      try endLine(each)
    }
  }

  /// Hands over what is left at the end of the file.
  mutating func end(_ each: (Content) throws(Problem) -> Void) throws(Problem) {
    if hasRows {
      if isInQuotes { throw Problem(.malformed, "a quotation that is opened in line \(line + 1) is not closed") }
      if !pending.isEmpty { try endLine(each) }
      return
    }
    let bytes = Self.withoutMark(pending)
    pending = []
    guard kind == .json else {
      guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
        throw Problem(.unsupported, "the file is no text in UTF-8", hint: "Leave such files out with file_filters.extensions")
      }
      return try each(.text(text))
    }
    let json = try JSON(parsing: bytes)
    switch json {
    case .object(let object): try each(.whole(object))
    case .array(let items):
      for (index, item) in items.enumerated() {
        guard let object = item.object else { throw Problem(.invalid, "item \(index) is \(item.typeName), and no object", path: "[\(index)]") }
        try each(.row(object))
      }
    default: throw Problem(.invalid, "the file is \(json.typeName)", hint: "Give an object, or a list of objects")
    }
  }

  private mutating func endLine(_ each: (Content) throws(Problem) -> Void) throws(Problem) {
    line += 1
    if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
    if isFirst { pending = Self.withoutMark(pending) }
    isFirst = false
    defer { pending.removeAll(keepingCapacity: true) }
    if pending.allSatisfy({ $0 == 32 || $0 == 9 }) { return }
    switch kind {
    case .table(let separator):
      let cells = try cells(separator)
      guard let header else {
        header = cells.enumerated().map { $0.element.isEmpty ? "column_\($0.offset + 1)" : $0.element }
        return
      }
      guard cells.count <= header.count else {
        throw Problem(.invalid, "line \(line) has \(cells.count) cells, the first line names \(header.count)", details: ["line": .int(line)])
      }
      var row = JSONObject()
      for (name, cell) in zip(header, cells) where !cell.isEmpty { row[name] = .string(cell) }
      try each(.row(row))
    default:
      let json: JSON
      do throws(Problem) { json = try JSON(parsing: pending) } catch {
        throw Problem(.malformed, "line \(line): \(error.message)", details: ["line": .int(line)])
      }
      guard let object = json.object else {
        throw Problem(.invalid, "line \(line) is \(json.typeName), and no object", details: ["line": .int(line)])
      }
      try each(.row(object))
    }
  }

  private func cells(_ separator: UInt8) throws(Problem) -> [String] {
    var cells: [[UInt8]] = [[]]
    var isQuoted = false
    var index = 0
    let quote = UInt8(ascii: "\"")
    while index < pending.count {
      let byte = pending[index]
      if isQuoted, byte == quote, index + 1 < pending.count, pending[index + 1] == quote {
        cells[cells.count - 1].append(quote)
        index += 1
      } else if byte == quote {
        isQuoted.toggle()
      } else if byte == separator, !isQuoted {
        cells.append([])
      } else {
        cells[cells.count - 1].append(byte)
      }
      index += 1
    }
    var texts: [String] = []
    for cell in cells {
      guard let text = String(validating: cell, as: UTF8.self) else {
        throw Problem(.malformed, "line \(line) is not UTF-8", details: ["line": .int(line)])
      }
      texts.append(text)
    }
    return texts
  }

  /// Without the mark that some programs put before UTF-8.
  private static func withoutMark(_ bytes: [UInt8]) -> [UInt8] { bytes.starts(with: [0xef, 0xbb, 0xbf]) ? Array(bytes.dropFirst(3)) : bytes }
}
