extension Statement {
  /// The statements about scripts, taxonomies and their versions; nil for the others.
  var scriptsSQL: String? {
    switch self {
    case .insertScript:
      """
      INSERT INTO scripts (script_id, namespace_id, name, kind, description, events, active_version, last_version, created_at, updated_at)
      VALUES ($script_id, $namespace_id, $name, $kind, $description, $events, $active_version, $last_version, $created_at, $updated_at)
      """
    case .updateScript:
      """
      UPDATE scripts SET description = $description, events = $events, active_version = $active_version, last_version = $last_version,
        updated_at = $updated_at
      WHERE script_id = $script_id AND last_version = $expected
      """
    case .deleteScript: "DELETE FROM scripts WHERE script_id = $script_id"
    case .deleteScriptVersions: "DELETE FROM script_versions WHERE script_id = $script_id"
    case .deleteScriptsOfNamespace: "DELETE FROM scripts WHERE namespace_id = $namespace_id"
    case .deleteScriptVersionsOfNamespace:
      "DELETE FROM script_versions WHERE script_id IN (SELECT script_id FROM scripts WHERE namespace_id = $namespace_id)"
    case .insertScriptVersion:
      """
      INSERT INTO script_versions (script_id, version, source, tests, report, note, created_at, created_by)
      VALUES ($script_id, $version, $source, $tests, $report, $note, $created_at, $created_by)
      """
    case .script:
      """
      SELECT script_id, namespace_id, name, kind, description, events, active_version, last_version, created_at, updated_at
      FROM scripts WHERE namespace_id = $namespace_id AND (script_id = $identifier OR name = $identifier)
      ORDER BY CASE WHEN script_id = $identifier THEN 0 ELSE 1 END LIMIT 1
      """
    case .scripts:
      """
      SELECT script_id, namespace_id, name, kind, description, events, active_version, last_version, created_at, updated_at
      FROM scripts WHERE namespace_id = $namespace_id AND kind = COALESCE($kind, kind) ORDER BY name, script_id LIMIT $limit OFFSET $offset
      """
    case .countScripts: "SELECT count(*) FROM scripts WHERE namespace_id = $namespace_id AND kind = COALESCE($kind, kind)"
    case .scriptVersion:
      """
      SELECT script_id, version, source, tests, report, note, created_at, created_by FROM script_versions
      WHERE script_id = $script_id AND version = $version
      """
    case .scriptVersions:
      """
      SELECT script_id, version, source, tests, report, note, created_at, created_by FROM script_versions
      WHERE script_id = $script_id ORDER BY version DESC, script_id LIMIT $limit OFFSET $offset
      """
    case .insertTaxonomy:
      """
      INSERT INTO taxonomies (taxonomy_id, namespace_id, name, description, version, metadata, created_at, updated_at)
      VALUES ($taxonomy_id, $namespace_id, $name, $description, $version, $metadata, $created_at, $updated_at)
      """
    case .updateTaxonomy:
      """
      UPDATE taxonomies SET name = $name, description = $description, version = $version, metadata = $metadata, updated_at = $updated_at
      WHERE taxonomy_id = $taxonomy_id AND version = $expected
      """
    case .insertTaxonomyVersion:
      """
      INSERT INTO taxonomy_versions (taxonomy_id, version, config, created_at) VALUES ($taxonomy_id, $version, $config, $created_at)
      """
    case .deleteTaxonomy: "DELETE FROM taxonomies WHERE taxonomy_id = $taxonomy_id"
    case .deleteTaxonomyVersions: "DELETE FROM taxonomy_versions WHERE taxonomy_id = $taxonomy_id"
    case .deleteTaxonomiesOfNamespace: "DELETE FROM taxonomies WHERE namespace_id = $namespace_id"
    case .deleteTaxonomyVersionsOfNamespace:
      """
      DELETE FROM taxonomy_versions
      WHERE taxonomy_id IN (SELECT taxonomy_id FROM taxonomies WHERE namespace_id = $namespace_id)
      """
    case .taxonomy:
      """
      SELECT taxonomies.taxonomy_id, namespace_id, name, description, taxonomy_versions.version, config, metadata, taxonomies.created_at, updated_at
      FROM taxonomies JOIN taxonomy_versions ON taxonomy_versions.taxonomy_id = taxonomies.taxonomy_id
        AND taxonomy_versions.version = COALESCE($version, taxonomies.version)
      WHERE namespace_id = $namespace_id AND (taxonomies.taxonomy_id = $identifier OR name = $identifier)
      ORDER BY CASE WHEN taxonomies.taxonomy_id = $identifier THEN 0 ELSE 1 END LIMIT 1
      """
    case .taxonomies:
      """
      SELECT taxonomies.taxonomy_id, namespace_id, name, description, taxonomy_versions.version, config, metadata, taxonomies.created_at, updated_at
      FROM taxonomies JOIN taxonomy_versions ON taxonomy_versions.taxonomy_id = taxonomies.taxonomy_id
        AND taxonomy_versions.version = taxonomies.version
      WHERE namespace_id = $namespace_id ORDER BY taxonomies.created_at, taxonomies.taxonomy_id LIMIT $limit OFFSET $offset
      """
    case .countTaxonomies: "SELECT count(*) FROM taxonomies WHERE namespace_id = $namespace_id"
    case .taxonomyVersions:
      """
      SELECT taxonomies.taxonomy_id, namespace_id, name, description, taxonomy_versions.version, config, metadata, taxonomies.created_at,
        taxonomy_versions.created_at
      FROM taxonomies JOIN taxonomy_versions ON taxonomy_versions.taxonomy_id = taxonomies.taxonomy_id
      WHERE taxonomies.taxonomy_id = $taxonomy_id ORDER BY taxonomy_versions.version DESC, taxonomies.taxonomy_id LIMIT $limit OFFSET $offset
      """
    default: nil
    }
  }
}
