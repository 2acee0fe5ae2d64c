/** The training loop and what it needs. */
@NullMarked
package dev.hone.train;

import org.jspecify.annotations.NullMarked;
