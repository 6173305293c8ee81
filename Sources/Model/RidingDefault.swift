import Basics

/// Defaults of other algorithms' parameters that typed clients send along.
///
/// The contract's SDK reads a plain dictionary of parameters into the first of its models that takes it, which is k-means's, and sends what
/// came of it: all of that model's defaults. They say nothing, so they pass whatever the algorithm is.
enum RidingDefault {
  /// Of each algorithm the parameters with the contract's default; null where it has none, so that every value says something.
  private static let known: [(algorithm: String, defaults: JSONObject)] = [
    (
      "kmeans", ["n_clusters": 8, "max_iter": 300, "n_init": 10, "tol": 1e-4, "init": "k-means++", "copy_x": true, "algorithm": "lloyd"]
    ),
    (
      "hdbscan",
      [
        "min_cluster_size": 5, "min_samples": .null, "cluster_selection_epsilon": 0, "max_cluster_size": .null, "metric": "euclidean", "alpha": 1,
        "cluster_selection_method": "eom", "allow_single_cluster": false, "prediction_data": false, "match_reference_implementation": false,
      ]
    ),
    (
      "dbscan",
      ["eps": 0.5, "min_samples": 5, "metric": "euclidean", "metric_params": .null, "algorithm": "auto", "leaf_size": 30, "p": 2]
    ),
    (
      "optics",
      [
        "min_samples": 5, "max_eps": .null, "metric": "minkowski", "p": 2, "metric_params": .null, "cluster_method": "xi", "eps": .null, "xi": 0.05,
        "predecessor_correction": true, "min_cluster_size": .null, "algorithm": "auto", "leaf_size": 30,
      ]
    ),
    (
      "agglomerative",
      [
        "n_clusters": 2, "affinity": "euclidean", "memory": .null, "connectivity": .null, "compute_full_tree": "auto", "linkage": "ward",
        "distance_threshold": .null, "compute_distances": false,
      ]
    ),
    (
      "gaussian_mixture",
      [
        "n_components": 1, "covariance_type": "full", "tol": 1e-3, "reg_covar": 1e-6, "max_iter": 100, "n_init": 1, "init_params": "kmeans",
        "weights_init": .null, "means_init": .null, "precisions_init": .null, "warm_start": false, "verbose_interval": 10,
      ]
    ),
    (
      "mean_shift",
      [
        "bandwidth": .null, "bandwidth_quantile": 0.1, "seeds": .null, "bin_seeding": false, "min_bin_freq": 1, "cluster_all": true, "max_iter": 300,
      ]
    ),
    (
      "spectral",
      [
        "n_clusters": 8, "eigen_solver": .null, "n_components": .null, "n_init": 10, "gamma": 1, "affinity": "rbf", "n_neighbors": 10, "eigen_tol": 0,
        "assign_labels": "kmeans", "degree": 3, "coef0": 1, "kernel_params": .null,
      ]
    ),
    (
      "leiden",
      [
        "resolution": 1, "n_neighbors": 30, "metric": "cosine", "min_cluster_size": 0, "objective_function": "RBConfiguration", "n_iterations": 2,
      ]
    ),
    ("evoc", ["noise_level": 0.5, "base_min_cluster_size": 5, "approx_n_clusters": .null, "n_neighbors": 15, "min_samples": 5]),
  ]

  /// The algorithms that have a parameter of this name.
  static func owners(of name: String) -> [String] { known.filter { $0.defaults[name] != nil }.map(\.algorithm) }

  /// Whether some algorithm's parameter of this name has this default.
  static func isOne(_ value: JSON, of name: String) -> Bool {
    known.contains { algorithm in
      guard let other = algorithm.defaults[name] else { return false }
      return other == value || other.double != nil && other.double == value.double
    }
  }
}
