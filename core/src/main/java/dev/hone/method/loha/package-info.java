/** Low-rank Hadamard products (Hyeon-Woo et al. 2021, arXiv:2108.06098). */
@NullMarked
package dev.hone.method.loha;

import org.jspecify.annotations.NullMarked;
