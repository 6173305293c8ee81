import Basics

/// Rows under headings: aligned columns for people, tab-separated lines without headings for pipes.
struct Table {
  enum Alignment { case left, right }
  struct Column {
    var title: String
    var alignment: Alignment
    /// Cut to what the terminal leaves; at most one column of a table should be.
    var isElastic: Bool
    init(_ title: String, _ alignment: Alignment = .left, elastic: Bool = false) {
      self.title = title
      self.alignment = alignment
      isElastic = elastic
    }
  }

  var columns: [Column]
  private(set) var rows: [[String]] = []

  init(_ columns: [Column]) { self.columns = columns }
  init(_ titles: String...) { columns = titles.map { Column($0) } }

  mutating func add(_ cells: String...) { add(cells) }
  mutating func add(_ cells: [String]) { rows.append(cells.map(printable)) }

  /// Terminal columns that it takes when nothing is cut.
  var width: Int { widths.reduce(0, +) + 2 * (columns.count - 1) }

  private var widths: [Int] {
    var widths = columns.map { $0.title.columnCount }
    for row in rows {
      for (i, cell) in row.enumerated() where i < widths.count { widths[i] = max(widths[i], cell.columnCount) }
    }
    return widths
  }

  func print(to console: Console) {
    if !console.out.isTerminal {
      for row in rows { console.print(row.joined(separator: "\t")) }
      return
    }
    for line in lines(width: console.out.width, heading: { console.out.styled($0, .bold) }) { console.print(line) }
  }

  /// The aligned lines, headings first.
  func lines(width: Int? = nil, heading: (String) -> String = { $0 }) -> [String] {
    var widths = widths
    if let width, let elastic = columns.firstIndex(where: \.isElastic) {
      let others = widths.reduce(0, +) - widths[elastic] + 2 * (columns.count - 1)
      widths[elastic] = max(min(widths[elastic], width - others), min(12, widths[elastic]))
    }
    let head = heading(line(columns.map(\.title), widths))
    return [head] + rows.map { line($0, widths) }
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var text = ""
    for (i, cell) in cells.enumerated() where i < widths.count {
      let shown = columns[i].isElastic ? cell.cut(to: widths[i]) : cell
      let padding = String(repeating: " ", count: max(0, widths[i] - shown.columnCount))
      text += columns[i].alignment == .left ? shown + padding : padding + shown
      if i < widths.count - 1 { text += "  " }
    }
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }
}

/// Text that cannot move the cursor or break a line: what comes out of documents and scripts may hold escape sequences.
func printable(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: { $0.value < 32 || (127..<160).contains($0.value) }) else { return text }
  return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 32 || (127..<160).contains($0.value) ? " " : $0 }))
}

extension String {
  /// Terminal columns that the text takes: none for marks that combine, two for the wide characters of East Asia and for pictures
  /// (Unicode Standard Annex 11).
  var columnCount: Int { unicodeScalars.reduce(0) { $0 + $1.columnCount } }

  /// The text if it fits, otherwise its beginning and an ellipsis.
  func cut(to width: Int) -> String {
    guard columnCount > width else { return self }
    var result = ""
    var used = 0
    for character in self {
      let wide = String(character).columnCount
      if used + wide > width - 1 { break }
      used += wide
      result.append(character)
    }
    return result + "…"
  }
}

extension Unicode.Scalar {
  fileprivate var columnCount: Int {
    switch value {
    case 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F, 0x20D0...0x20FF: 0
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
      0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      2
    default: 1
    }
  }
}
