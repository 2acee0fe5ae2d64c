/** Low-rank adaptation with a budget of ranks (Zhang et al. 2023, arXiv:2303.10512). */
@NullMarked
package dev.hone.method.adalora;

import org.jspecify.annotations.NullMarked;
