import Model

extension Trigger {
  /// Every script that a trigger names: where it stands, and what it has to be.
  var scripts: [(reference: ScriptReference, path: String, kind: StoredScript.Kind)] {
    var scripts: [(ScriptReference, String, StoredScript.Kind)] = []
    if let predicate = schedule.predicate { scripts.append((predicate, "schedule_config.predicate", .predicate)) }
    switch schedule.when {
    case .event(let rule): if let filter = rule.filter { scripts.append((filter, "schedule_config.filter", .filter)) }
    case .conditional(let condition):
      if let script = condition.script { scripts.append((script, "schedule_config.script", .predicate)) }
      if let metric = condition.storedMetric { scripts.append((metric, "schedule_config.metric", .metric)) }
    case .cron, .interval: break
    }
    if let hook = action.hooks.before { scripts.append((hook, "action_config.hooks.before", .hook)) }
    if let hook = action.hooks.after { scripts.append((hook, "action_config.hooks.after", .hook)) }
    if let hook = action.hooks.onFailure { scripts.append((hook, "action_config.hooks.on_failure", .hook)) }
    if let script = action.script { scripts.append((script, "action_config.script", .action)) }
    return scripts
  }
}
