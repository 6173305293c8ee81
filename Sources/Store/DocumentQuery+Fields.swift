import Model

extension DocumentQuery {
  /// The fields of the users' own that an index would find its documents by, or have them in order by.
  package var indexableFields: [String] {
    var found: [String] = []
    func collect(_ filter: Filter?) {
      switch filter {
      case .all(let inner)?: inner.forEach(collect)
      case .compare(let field, let comparison, _)? where [.eq, .in, .gt, .gte, .lt, .lte].contains(comparison): add(field)
      default: break
      }
    }
    func add(_ field: String) {
      guard case .field = Filter.subject(of: field), !found.contains(field) else { return }
      found.append(field)
    }
    collect(filter)
    if sort.count == 1 { add(sort[0].field) }
    return found
  }
}
