/** Vector-based adaptation of shared random matrices (Kopiczko et al. 2023, arXiv:2310.11454). */
@NullMarked
package dev.hone.method.vera;

import org.jspecify.annotations.NullMarked;
