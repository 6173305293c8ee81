/// A line being typed: its characters, the cursor, and the way through the history. It knows keys, not terminals.
struct EditLine {
  enum Step: Equatable {
    /// Something may look different now.
    case goOn
    case submit(String)
    /// Ctrl-C: the line is given up.
    case abandon
    /// Ctrl-D on an empty line.
    case end
    /// Ctrl-L.
    case clearScreen
    /// Several completions are possible.
    case offer([String])
  }

  private(set) var characters: [Character] = []
  private(set) var cursor = 0
  private let history: [String]
  private var position: Int
  /// What was typed before the history was entered.
  private var draft: [Character] = []
  private var cut: [Character] = []

  init(history: [String] = []) {
    self.history = history
    position = history.count
  }

  var text: String { String(characters) }

  mutating func handle(_ key: Key, completions: (_ word: String) -> [String] = { _ in [] }) -> Step {
    switch key {
    case .character(let character):
      characters.insert(character, at: cursor)
      cursor += 1
    case .enter: return .submit(text)
    case .tab: return complete(completions)
    case .backspace, .control("h"): remove(from: cursor - 1, to: cursor)
    case .delete: remove(from: cursor, to: cursor + 1)
    case .control("d"):
      if characters.isEmpty { return .end }
      remove(from: cursor, to: cursor + 1)
    case .control("c"): return .abandon
    case .control("l"): return .clearScreen
    case .left, .control("b"): cursor = max(0, cursor - 1)
    case .right, .control("f"): cursor = min(characters.count, cursor + 1)
    case .home, .control("a"): cursor = 0
    case .end, .control("e"): cursor = characters.count
    case .wordLeft: cursor = wordStart
    case .wordRight: cursor = wordEnd
    case .up, .control("p"): recall(position - 1)
    case .down, .control("n"): recall(position + 1)
    case .control("k"): kill(from: cursor, to: characters.count)
    case .control("u"): kill(from: 0, to: cursor)
    case .control("w"): kill(from: wordStart, to: cursor)
    case .control("y"):
      characters.insert(contentsOf: cut, at: cursor)
      cursor += cut.count
    case .control, .unknown: break
    }
    return .goOn
  }

  private mutating func remove(from: Int, to: Int) {
    guard from >= 0, to <= characters.count else { return }
    characters.removeSubrange(from..<to)
    cursor = from
  }

  private mutating func kill(from: Int, to: Int) {
    cut = Array(characters[from..<to])
    remove(from: from, to: to)
  }

  private static func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "_" }

  private var wordStart: Int {
    var at = cursor
    while at > 0, !Self.isWord(characters[at - 1]) { at -= 1 }
    while at > 0, Self.isWord(characters[at - 1]) { at -= 1 }
    return at
  }

  private var wordEnd: Int {
    var at = cursor
    while at < characters.count, !Self.isWord(characters[at]) { at += 1 }
    while at < characters.count, Self.isWord(characters[at]) { at += 1 }
    return at
  }

  private mutating func recall(_ index: Int) {
    guard (0...history.count).contains(index), index != position else { return }
    if position == history.count { draft = characters }
    position = index
    characters = index == history.count ? draft : Array(history[index])
    cursor = characters.count
  }

  /// Completes the dotted name before the cursor as far as it is certain.
  private mutating func complete(_ completions: (String) -> [String]) -> Step {
    var start = cursor
    while start > 0, Self.isWord(characters[start - 1]) || characters[start - 1] == "." || characters[start - 1] == ":" { start -= 1 }
    let word = String(characters[start..<cursor])
    let found = completions(word)
    guard let first = found.first else { return .goOn }
    let common = found.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
    if common.count > word.count {
      characters.replaceSubrange(start..<cursor, with: common)
      cursor = start + common.count
      return .goOn
    }
    return found.count > 1 ? .offer(found) : .goOn
  }
}

extension String {
  fileprivate func commonPrefix(with other: String) -> String { String(zip(self, other).prefix { $0 == $1 }.map(\.0)) }
}
