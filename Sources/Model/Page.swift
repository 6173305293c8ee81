package import Basics

/// Which part of a list is asked for.
package struct Page: Sendable, Equatable {
  package var limit: Int
  package var offset: Int
  /// Where the last page ended; opaque to callers.
  package var cursor: String?
  package var includeTotal: Bool
  /// Whether cursors are places in the list, as they are where nothing better is known: `after:20` says how many things went before.
  package private(set) var hasPlaces = false

  package init(limit: Int = 10, offset: Int = 0, cursor: String? = nil, includeTotal: Bool = false) {
    self.limit = limit
    self.offset = offset
    self.cursor = cursor
    self.includeTotal = includeTotal
  }

  package static let names = ["limit", "page_size", "offset", "page", "cursor", "next_cursor", "after", "include_total"]

  /// Reads `limit | page_size`, `offset | page`, `cursor | next_cursor | after`, `include_total`; limit 1…1000, offset 0…10000.
  package init(_ fields: Fields, defaultLimit: Int = 10) throws(Problem) {
    let size = try fields.int("page_size", in: 1...1000)
    limit = Int(try fields.int("limit", in: 1...1000) ?? size ?? Int64(defaultLimit))
    offset = Int(try fields.int("offset", in: 0...10000) ?? 0)
    if offset == 0, let page = try fields.int("page", in: 1...10000) { offset = (Int(page) - 1) * limit }
    let (next, after) = (try fields.string("next_cursor"), try fields.string("after"))
    cursor = try fields.string("cursor") ?? next ?? after
    includeTotal = try fields.bool("include_total") ?? false
  }

  /// Reads the same, where a cursor is a place in the list; throws `.invalid` for one of another kind.
  package static func byPlace(_ fields: Fields, defaultLimit: Int = 10) throws(Problem) -> Page {
    var page = try Page(fields, defaultLimit: defaultLimit)
    page.hasPlaces = true
    guard let cursor = page.cursor else { return page }
    guard cursor.hasPrefix(placePrefix), let place = Int(cursor.dropFirst(placePrefix.count)), (0...1_000_000_000).contains(place) else {
      throw Problem(
        .invalid, "'\(cursor.prefix(40))' is not a cursor", hint: "Give the next_cursor of the page before, or leave it out for the first page",
        path: "cursor")
    }
    (page.offset, page.cursor) = (place, nil)
    return page
  }

  private static let placePrefix = "after:"

  /// The cursor of what comes behind this page, of which `count` things of `total` were found; nil behind the last.
  package func next(behind count: Int, of total: Int64) -> String? {
    hasPlaces && count > 0 && Int64(offset + count) < total ? "\(Self.placePrefix)\(offset + count)" : nil
  }
}

/// One page of results, and how to get the next.
package struct Listing<Item: Sendable>: Sendable {
  package var items: [Item]
  package var total: Int64
  package var nextCursor: String?

  package init(items: [Item], total: Int64, nextCursor: String? = nil) {
    self.items = items
    self.total = total
    self.nextCursor = nextCursor
  }
}
