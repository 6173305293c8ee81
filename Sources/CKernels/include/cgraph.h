// Neighbourhoods and affinities: means of the rows within a distance, nearest neighbours, products with large symmetric matrices.
#ifndef CGRAPH_H
#define CGRAPH_H

#include <stddef.h>
#include <stdint.h>

/// Adds up the rows within a distance of a point: sum += row for each of `count` (1...32) rows whose square is at most `limit`; answers how many.
///
/// `squares` are theirs in single precision, good to `slack`: those nearer to the limit than that are computed again in double precision.
size_t ck_add_within(const float *rows, size_t count, size_t dimensions, const double *point, const float *squares, double limit, double slack,
                     double *sum);

/// The value that stands at `place` when `values` are sorted; they are left in another order.
float ck_select(float *values, size_t count, size_t place);

/// The two values in the middle when `values` are sorted, twice the same for an odd number of them; they are left in another order.
struct ck_middle {
  float lower, upper;
};
struct ck_middle ck_middle(float *values, size_t count);

/// row[i] = exp(-gamma * row[i]); answers the sum.
double ck_affinities(float *row, size_t count, double gamma);

/// products[v * n + i] = the sum over j of a[i * stride + j] * vectors[v * n + j], for the rows from `first` up to `last` of a matrix of n columns.
void ck_dense_products(const float *a, size_t stride, size_t n, size_t first, size_t last, const double *vectors, size_t count, double *products);

/// The same for a sparse matrix: row i has the entries starts[i] up to starts[i + 1].
void ck_sparse_products(const int64_t *starts, const int32_t *columns, const float *entries, size_t n, size_t first, size_t last,
                        const double *vectors, size_t count, double *products);

double ck_dot_doubles(const double *a, const double *b, size_t count);
/// sum += row * weight.
void ck_add_doubles(double *sum, const double *row, double weight, size_t count);

#endif
