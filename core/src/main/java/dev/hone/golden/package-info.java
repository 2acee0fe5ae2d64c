/** Comparison with reference numbers. */
@NullMarked
package dev.hone.golden;

import org.jspecify.annotations.NullMarked;
