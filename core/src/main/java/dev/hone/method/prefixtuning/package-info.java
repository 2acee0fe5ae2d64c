/** Trained keys and values before those of every layer (Li and Liang 2021, arXiv:2101.00190). */
@NullMarked
package dev.hone.method.prefixtuning;

import org.jspecify.annotations.NullMarked;
