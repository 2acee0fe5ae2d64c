/** Training the norms alone (Zhao et al. 2023, arXiv:2312.11420). */
@NullMarked
package dev.hone.method.lntuning;

import org.jspecify.annotations.NullMarked;
