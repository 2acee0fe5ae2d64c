/** Learning which of two answers is better: losses, their reference, and the objective. */
@NullMarked
package dev.hone.train.preference;

import org.jspecify.annotations.NullMarked;
