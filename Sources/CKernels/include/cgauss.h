// Normal distributions in double precision: whitening rows, and the scatter of weighted rows.
#ifndef CGAUSS_H
#define CGAUSS_H

#include <stddef.h>

/// Rows side by side in the panels below: panel[j * 16 + lane].
#define CK_WIDE_LANES 16

/// panel[j * 16 + lane] = row[j] - centre[j], for `count` (1...16) rows; 0 in the lanes beyond.
void ck_centre_panel(const float *rows, size_t count, size_t dimensions, const double *centre, double *panel);
/// whitened = inverse * panel, where `inverse` is a lower triangle (dimensions x dimensions, zeros above the diagonal).
void ck_whiten(const double *inverse, size_t dimensions, const double *panel, double *whitened);
/// squares[lane] = the sum over j of scale[j] * (panel[j * 16 + lane] - shift[j])^2. `shift` and `scale` may be NULL: 0 and 1.
void ck_panel_squares(const double *panel, size_t dimensions, const double *shift, const double *scale, double *squares);

/// Adds the rows' weighted products of deviations to a matrix: scatter[i * width + j] += weight * (row[i] - centre[i]) * (row[j] - centre[j]),
/// for i from `first` up to `last` (multiples of 4, or the number of dimensions) and at least all j <= i. `width` is the number of dimensions
/// rounded up to 16, `weights` has one number for every `step`; `scratch` holds 32 * width numbers.
void ck_add_scatter(const float *rows, size_t count, size_t dimensions, const double *centre, const double *weights, size_t step,
                    size_t first, size_t last, double *scatter, size_t width, double *scratch);

/// sums[j] += weight * (row[j] - centre[j])^2 over rows, for the dimensions from `first` up to `last`.
void ck_add_deviations(const float *rows, size_t count, size_t dimensions, const double *centre, const double *weights, size_t step,
                       size_t first, size_t last, double *sums);

/// Turns `count` logarithms into shares that sum up to 1; answers the logarithm of their sum before that.
double ck_softmax(double *logarithms, size_t count);

#endif
