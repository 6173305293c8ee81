package import Basics

/// How documents are sorted by one of their fields, in plain code: the definition that a store's own way of sorting has to agree with.
///
/// Numbers come before texts, texts before false and true; numbers compare as numbers, texts by their bytes. Arrays, objects, nulls and missing
/// fields have no place of their own: they come last, whichever way the others go, unless it is said otherwise. What is alike stays as it was.
package struct DocumentOrder: Sendable, Equatable {
  package var descending: Bool
  package var nullsFirst: Bool

  package init(descending: Bool, nullsFirst: Bool = false) {
    self.descending = descending
    self.nullsFirst = nullsFirst
  }

  /// A value that has a place: what kind it is of, and itself.
  private enum Place {
    case number(Double, Int64?), text([UInt8]), flag(Bool)

    init?(_ value: JSON) {
      switch value {
      case .int(let number): self = .number(Double(number), number)
      case .double(let number): self = .number(number, Int64(exactly: number))
      case .string(let text): self = .text(Array(text.utf8))
      case .bool(let flag): self = .flag(flag)
      case .null, .array, .object: return nil
      }
    }

    private var rank: Int {
      switch self {
      case .number: 0
      case .text: 1
      case .flag: 2
      }
    }

    static func precedes(_ a: Place, _ b: Place) -> Bool {
      switch (a, b) {
      case (.number(_, let a?), .number(_, let b?)): a < b
      case (.number(let a, _), .number(let b, _)): a < b
      case (.text(let a), .text(let b)): a.lexicographicallyPrecedes(b)
      case (.flag(let a), .flag(let b)): !a && b
      default: a.rank < b.rank
      }
    }
  }

  /// The items in this order of their values.
  package func sorted<Item>(_ items: [Item], by value: (Item) -> JSON) -> [Item] {
    var placed: [(place: Place, number: Int)] = []
    var others: [Int] = []
    for (number, item) in items.enumerated() {
      if let place = Place(value(item)) { placed.append((place, number)) } else { others.append(number) }
    }
    placed.sort { a, b in
      let (first, second) = descending ? (b.place, a.place) : (a.place, b.place)
      return Place.precedes(first, second) || !Place.precedes(second, first) && a.number < b.number
    }
    let order = nullsFirst ? others + placed.map(\.number) : placed.map(\.number) + others
    return order.map { items[$0] }
  }
}
