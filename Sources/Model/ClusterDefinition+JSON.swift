package import Basics

/// How a definition is told again: as the contract's `ClusterMetadata`, with everything in it that a request said.
extension ClusterDefinition {
  /// The `vector_config` as a request gives it.
  package var givenConfig: JSONObject { JSONObject(members: vectorConfig.members.filter { !Self.beside.contains($0.key) }) }
  /// The `llm_labeling` that was given; null without one.
  package var labeling: JSON { vectorConfig["llm_labeling"] ?? .null }
  /// What is kept with the `vector_config` and is no part of it.
  private static let beside = ["llm_labeling", "aggregation_method"]

  package var json: JSON {
    var result: JSONObject = [
      "cluster_id": .string(id), "cluster_name": .string(name), "description": .optional(description), "namespace_id": .string(namespaceID),
      "input_collections": .array(collectionIDs.map(JSON.string)), "filters": filters, "cluster_type": .string(kind.rawValue),
      "feature_uris": vectorIndex.map { [.string($0)] } ?? .null, "multi_feature_strategy": said("multi_feature_strategy") ?? "concatenate",
      "output_collection_ids": .array(outputCollectionIDs.map(JSON.string)), "algorithm": .string(algorithm.name),
      "algorithm_params": .object(parameters), "enrich_source": .bool(enrichSource), "llm_labeling": labeling,
      "last_execution_task_id": .optional(lastTaskID), "last_run_id": .optional(lastRunID), "metadata": .object(metadata),
      "created_at": .instant(createdAt), "updated_at": .instant(updatedAt),
    ]
    if !enrichment.isEmpty {
      let mappings = enrichment.sorted { $0.key < $1.key }.map { mapping -> JSON in
        ["source_field": .string(mapping.key), "target_field": .string(mapping.value)]
      }
      result["source_enrichment_config"] = ["field_mappings": .array(mappings)]
    }
    if case .attribute(let grouping) = algorithm {
      result["clustered_attributes"] = .array(grouping.attributes.map(JSON.string))
      result["hierarchical_grouping"] = .bool(grouping.isHierarchical)
      result["aggregation_method"] = vectorConfig["aggregation_method"] ?? .null
    } else {
      result["effective_feature_method"] = "mean"
      result["hierarchical_vector"] = false
      result["vis_n_components"] = .int(options.mapDimensions)
      result["layout_stability"] = .string(options.layout.rawValue)
      for name in ["sample_size", "max_hierarchy_depth", "preprocessing_steps", "face_cluster_merge"] { result[name] = said(name) }
    }
    return .object(result)
  }

  private func said(_ name: String) -> JSON? { vectorConfig[name].flatMap { $0 == .null ? nil : $0 } }

  /// The algorithm's parameters as they hold, and those that were said and have no meaning on one machine.
  private var parameters: JSONObject {
    var result = algorithm.json
    let given = said("\(algorithm.name)_parameters") ?? said("algorithm_params")
    for member in Algorithm.own(given?.object ?? JSONObject(), of: algorithm.name).members where member.value != .null {
      // Another word for the same, such as Minkowski's distance with p = 2, is told as it was said.
      if result[member.key] == nil || result[member.key]?.string != nil && member.value.string != nil { result[member.key] = member.value }
    }
    return result
  }
}
