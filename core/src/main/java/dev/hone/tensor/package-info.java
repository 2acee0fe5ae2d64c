/** The only door to native code. */
@NullMarked
package dev.hone.tensor;

import org.jspecify.annotations.NullMarked;
