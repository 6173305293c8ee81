package import Basics

/// Which part of a list is asked for.
package struct Page: Sendable, Equatable {
  package var limit: Int
  package var offset: Int
  /// Where the last page ended; opaque to callers.
  package var cursor: String?
  package var includeTotal: Bool

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
