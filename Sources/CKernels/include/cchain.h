// A matrix of dissimilarities whose rows merge, in single precision for many rows and in double precision for few.
#ifndef CCHAIN_H
#define CCHAIN_H

#include <stddef.h>
#include <stdint.h>

/// The index of the smallest of row[i] + barrier[i], the lowest among equals; `least` receives the value. Barriers are 0 or infinite.
size_t ck_least_float(const float *row, const float *barrier, size_t count, float *least);
size_t ck_least_double(const double *row, const double *barrier, size_t count, double *least);

/// matrix[row][column] = matrix[column][row] for the given columns of one row.
void ck_refresh_floats(float *matrix, size_t stride, size_t row, const int32_t *columns, size_t count);
void ck_refresh_doubles(double *matrix, size_t stride, size_t row, const int32_t *columns, size_t count);

// The rules of Lance and Williams (1967): `b` becomes the row of the cluster that a and b make together.

/// Complete linkage: the larger distance.
void ck_merge_complete_float(const float *a, float *b, size_t count);
void ck_merge_complete_double(const double *a, double *b, size_t count);
/// Average linkage: the mean, weighted by the numbers of members.
void ck_merge_average_float(const float *a, float *b, size_t count, float a_size, float b_size);
void ck_merge_average_double(const double *a, double *b, size_t count, double a_size, double b_size);
/// Ward's linkage: squared distances, from that of a and b (`between`) and the sizes of all clusters.
void ck_merge_ward_float(const float *a, float *b, size_t count, float a_size, float b_size, float between, const float *sizes);
void ck_merge_ward_double(const double *a, double *b, size_t count, double a_size, double b_size, double between, const double *sizes);

/// b becomes the mean of a and b, weighted by their sizes; answers their squared distance before that.
double ck_merge_means(const double *a, double *b, size_t dimensions, double a_size, double b_size);

#endif
