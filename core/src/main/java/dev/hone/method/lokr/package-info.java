/** Low-rank Kronecker products (Edalati et al. 2022, arXiv:2212.10650). */
@NullMarked
package dev.hone.method.lokr;

import org.jspecify.annotations.NullMarked;
