extension Filter {
  /// Both filters, but where this one speaks of a field, it alone does: the contract lets a trigger's filters take precedence over those of the
  /// definition that it runs.
  ///
  /// What gives way is a condition of the other's conjunction whose every field is one that a condition of this conjunction speaks of alone.
  package func merged(over other: Filter) -> Filter {
    let own = Set(conditions.map(\.fields).filter { $0.count == 1 }.joined())
    let kept = other.conditions.filter { condition in
      let fields = condition.fields
      return fields.isEmpty || !fields.isSubset(of: own)
    }
    return .all(conditions + kept)
  }

  /// What all has to hold.
  private var conditions: [Filter] {
    if case .all(let parts) = self { parts.flatMap(\.conditions) } else { [self] }
  }

  /// The fields that it speaks of.
  private var fields: Set<String> {
    switch self {
    case .all(let parts), .any(let parts), .none(let parts): Set(parts.flatMap(\.fields))
    case .compare(let field, _, _): [field]
    case .exact(let inner): inner.fields
    case .mentions, .share: []
    }
  }
}
