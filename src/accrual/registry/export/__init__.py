"""Study records in the forms that other programs read: CSV, RIS, FHIR, zip files, the markup of old."""
