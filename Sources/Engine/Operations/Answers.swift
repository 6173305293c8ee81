import Basics
import Model

extension Page {
  /// The envelope of most lists: `results`, `pagination`, `total_count`.
  func envelope(_ listing: Listing<JSON>) -> JSON {
    let pages = (listing.total + Int64(limit) - 1) / Int64(limit)
    return [
      "results": .array(listing.items),
      "pagination": [
        "total": includeTotal ? .int(listing.total) : .null, "page": .int(offset / limit + 1), "page_size": .int(limit),
        "total_pages": includeTotal ? .int(pages) : .null, "next_page": .null, "previous_page": .null,
        "next_cursor": .optional(listing.nextCursor ?? next(behind: listing.items.count, of: listing.total)),
      ],
      "total_count": listing.total < 0 ? .null : .int(listing.total),
    ]
  }
}

extension Listing {
  func map<Other>(_ transform: (Item) throws(Problem) -> Other) throws(Problem) -> Listing<Other> {
    var mapped: [Other] = []
    mapped.reserveCapacity(items.count)
    for item in items { mapped.append(try transform(item)) }
    return Listing<Other>(items: mapped, total: total, nextCursor: nextCursor)
  }
}

extension Problem {
  /// Something that is not there, with the nearest thing that is.
  static func missing(_ kind: String, _ name: String, path: String, known: [String] = []) -> Problem {
    Problem(
      .notFound, "\(kind) '\(name)' does not exist", hint: known.isEmpty ? nil : "There are: \(known.prefix(8).joined(separator: ", "))", path: path,
      didYouMean: Suggestion.nearest(to: name, in: known))
  }
}
