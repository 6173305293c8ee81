import Basics
import Model

/// What a list of definitions is asked for beside its page: a text in their names, a filter, a sort order. A namespace has few of them, so they are
/// looked at one by one, by the same rules as documents.
struct ListSelection {
  static let names = ["search", "filters", "sort", "sorts", "case_sensitive"]

  private let search: String?
  private let isExact: Bool
  private let filter: Filter?
  private let order: [SortOrder]

  init(_ fields: Fields) throws(Problem) {
    let isExact = try fields.bool("case_sensitive") ?? false
    self.isExact = isExact
    search = try fields.string("search").map { isExact ? $0 : Filter.fold($0) }
    filter = try fields["filters"].map { json throws(Problem) in
      let filter = try Filter(json, path: "filters")
      return isExact ? .exact(filter) : filter
    }
    var order: [SortOrder] = []
    if let items = fields["sorts"] {
      guard let list = items.array else { throw Problem(.invalid, "expected an array, got \(items.typeName)", path: "sorts") }
      for (position, item) in list.enumerated() {
        guard item.object != nil else {
          throw Problem(
            .invalid, "expected an object, got \(item.typeName) \(item.brief)", hint: "For example {\"field\": \"created_at\"}",
            path: "sorts[\(position)]")
        }
        if let one = try SortOrder(Fields(["sort": item])) { order.append(one) }
      }
    }
    if let one = try SortOrder(fields) { order.append(one) }
    self.order = order
  }

  /// The page of a list that `read` gives page by page: as it gives it where nothing is asked for, or out of all of it. `texts` are the fields that
  /// are searched; `most` things are looked through.
  func listing(
    _ page: Page, texts: [String], most: Int = 100_000, _ read: (Page) throws(Problem) -> Listing<JSON>
  ) throws(Problem) -> Listing<JSON> {
    if search ?? "" == "", filter == nil, order.isEmpty { return try read(page) }
    return self.page(page, of: try read(Page(limit: most)).items) { item in texts.map { item[$0]?.string } }
  }

  /// The page of those that pass. `text` says what is searched: the name, the description.
  func page(_ page: Page, of items: [JSON], text: (JSON) -> [String?]) -> Listing<JSON> {
    var chosen = items.filter { item in
      if let search, !text(item).contains(where: { (isExact ? $0 ?? "" : Filter.fold($0 ?? "")).contains(search) }) { return false }
      return filter.map { filter in item.object.map(filter.matches) ?? false } ?? true
    }
    for one in order.reversed() {
      chosen = DocumentOrder(descending: one.descending).sorted(chosen) { $0.object?.value(at: one.field) ?? .null }
    }
    return Listing(items: Array(chosen.dropFirst(page.offset).prefix(page.limit)), total: Int64(chosen.count))
  }
}
