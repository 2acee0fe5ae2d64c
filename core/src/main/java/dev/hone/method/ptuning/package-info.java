/** Vectors before every row, made by a small network (Liu et al. 2021, arXiv:2103.10385). */
@NullMarked
package dev.hone.method.ptuning;

import org.jspecify.annotations.NullMarked;
