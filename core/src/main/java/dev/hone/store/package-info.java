/** Weights and folders on disk. */
@NullMarked
package dev.hone.store;

import org.jspecify.annotations.NullMarked;
