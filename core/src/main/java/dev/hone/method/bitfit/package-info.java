/** Training the biases alone (Ben Zaken et al. 2021, arXiv:2106.10199). */
@NullMarked
package dev.hone.method.bitfit;

import org.jspecify.annotations.NullMarked;
