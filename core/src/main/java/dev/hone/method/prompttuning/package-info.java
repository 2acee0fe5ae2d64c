/** Trained vectors before every row (Lester et al. 2021, arXiv:2104.08691). */
@NullMarked
package dev.hone.method.prompttuning;

import org.jspecify.annotations.NullMarked;
