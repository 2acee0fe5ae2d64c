/** Learned scales of activations (Liu et al. 2022, arXiv:2205.05638). */
@NullMarked
package dev.hone.method.ia3;

import org.jspecify.annotations.NullMarked;
