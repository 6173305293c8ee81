import Basics
import Model
import Store

/// Which part of an execution's results is asked for, in one of the contract's four ways, and how to ask for the next.
struct RetrievalPage {
  enum Method: String, CaseIterable { case offset, cursor, scroll, keyset }

  /// Where a page begins that goes on behind a document.
  struct Mark: Equatable {
    var id: String?
    var score: Double?
  }

  var method: Method
  var limit: Int
  var offset: Int
  var mark: Mark?

  static let names = ["pagination", "limit", "page_size"]

  init(limit: Int, offset: Int = 0) { (method, self.limit, self.offset, mark) = (.cursor, limit, offset, nil) }

  /// Reads `pagination`, or `limit` alone; ten documents when nothing is said.
  init(_ fields: Fields) throws(Problem) {
    let size = try fields.int("page_size", in: 1...500)
    let short = try fields.int("limit", in: 1...500)
    if let size, let short, size != short {
      throw Problem(.invalid, "limit is \(short) and page_size is \(size)", hint: "Give one of them", path: "page_size")
    }
    let given = try Fields(
      fields["pagination"], path: "pagination",
      accepting: ["method", "limit", "cursor", "page_size", "page_number", "scroll_id", "scroll_ttl", "after"])
    method = try given.choice("method") ?? (given["page_number"] != nil || given["page_size"] != nil ? .offset : .cursor)
    let key = method == .offset ? "page_size" : "limit"
    let standard = Int(short ?? size ?? (method == .scroll ? 100 : 10))
    limit = Int(try given.int(key, in: 1...(method == .scroll ? 1000 : 500)) ?? Int64(standard))
    offset = 0
    switch method {
    case .offset: offset = (Int(try given.int("page_number", in: 1...1_000_000) ?? 1) - 1) * limit
    case .cursor: offset = try Self.place(given, "cursor")
    case .scroll:
      _ = try given.int("scroll_ttl", in: 60...3600)
      offset = try Self.place(given, "scroll_id")
    case .keyset:
      if let after = try given.objectValue("after") {
        let marker = try Fields(.object(after), path: given.at("after"))
        mark = Mark(id: try marker.string("id") ?? marker["document_id"]?.string, score: try marker.number("score"))
        guard mark != Mark() else {
          throw Problem(.invalid, "'after' names neither id nor score", hint: "Give the 'after' of the page before", path: given.at("after"))
        }
      }
    }
  }

  private static func place(_ fields: Fields, _ key: String) throws(Problem) -> Int {
    guard let text = try fields.string(key), !text.isEmpty else { return 0 }
    do throws(Problem) {
      if case .skip(let count) = try Cursor(text), let place = Int(exactly: count) { return place }
    } catch {
      var problem = error
      problem.path = fields.at(key)
      throw problem
    }
    throw Problem(.invalid, "'\(text)' is the cursor of another list", hint: "Give the cursor of the page before", path: fields.at(key))
  }

  /// The envelope's `pagination`: what was returned of how many, and where the next page is.
  func json(returned: [Hit], total: Int, start: Int) -> JSON {
    let hasNext = start + returned.count < total
    let next: JSON = hasNext ? .string(Cursor.skip(Int64(start + returned.count)).text) : .null
    var result: JSONObject = [
      "method": .string(method.rawValue), "returned": .int(returned.count), "total": .int(total), "has_next": .bool(hasNext),
    ]
    switch method {
    case .offset:
      result["page_size"] = .int(limit)
      result["page_number"] = .int(offset / limit + 1)
    case .cursor:
      result["limit"] = .int(limit)
      result["cursor"] = next
    case .scroll:
      result["limit"] = .int(limit)
      result["scroll_id"] = next
    case .keyset:
      result["limit"] = .int(limit)
      result["after"] =
        hasNext ? returned.last.map { ["id": .string($0.document.id), "score": .optional($0.score)] } ?? .null : .null
    }
    return .object(result)
  }
}
